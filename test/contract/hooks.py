"""What OpenAPI cannot say of our values, for the generator of test data.

Formats get values that are really of that form; and requests are left out that are well-formed by the document and wrong
for a reason only its prose can give. Whatever breaks the document itself is generated as ever.
"""

import json
import os
import re

import schemathesis
from hypothesis import strategies as st

RECEIPTS = os.environ["KITH_RECEIPTS"].split(",")
RECEIPT_FORM = re.compile(r"^[A-Za-z0-9_-]{55}$")
OCTETS_MAX = 255

names = st.from_regex(r"[a-z0-9]{2,12}([.+_'-][a-z0-9]{1,8})?", fullmatch=True)
hosts = st.sampled_from(["hillvalley.edu", "HillValley.EDU", "x.io", "bücher.example", "xn--tda.de"])
schemathesis.openapi.format("idn-email", st.builds("{}@{}".format, names, hosts))
schemathesis.openapi.format(
    "phone",
    st.one_of(
        st.from_regex(r"\+1 ?\(?415\)? ?55[0-9][- ]?[0-9]{4}", fullmatch=True),
        st.from_regex(r"0044 20 7946 0[0-9]{3}", fullmatch=True),
        st.from_regex(r"[1-9][0-8]9[0-7][-. ]?[0-9]{1,9}", fullmatch=True),
    ),
)
schemathesis.openapi.format("kith-receipt", st.sampled_from(RECEIPTS))


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def filter_case(context, case):
    body = case.body if isinstance(case.body, dict) else {}
    query = case.query or {}
    key = header(case, "Idempotency-Key")
    texts = [body.get(name) for name in ("eventId", "orderId", "source")]
    receipts = [body.get("receipt"), query.get("receipt"), (case.path_parameters or {}).get("receipt")]
    return not (
        # A receipt of the right form that nobody issued.
        any(isinstance(one, str) and RECEIPT_FORM.match(one) and one not in RECEIPTS for one in receipts)
        # One event under two names.
        or (key is not None and "eventId" in body and key != body["eventId"])
        # Needs a key of scope import, and these services ask for no keys.
        or "seenAt" in body
        # Lines are text, whatever JSON Schema would call a type; and at least one is not blank.
        or (case.media_type == "application/x-ndjson" and not (isinstance(case.body, str) and case.body.strip()))
        # JSON Schema counts characters.
        or any(isinstance(one, str) and len(one.encode("utf-8", "surrogatepass")) > OCTETS_MAX for one in texts)
        # One of the two is needed, which a query string cannot say.
        or (case.path == "/v1/contacts" and not (query.get("email") or query.get("phoneNumber")))
    )


def header(case, name):
    return next((value for key, value in (case.headers or {}).items() if key.lower() == name.lower()), None)
