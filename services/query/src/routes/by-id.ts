/** Contacts and identities by any id ever published. */
import { KithError } from "@kith/contracts";
import { type Database, readIdentities, shapeIdentity } from "@kith/database";
import { sendJson } from "@kith/service-kit";
import type { FastifyInstance } from "fastify";
import { lookupAnswer } from "../lookup/answer.ts";
import { parseId } from "../parse-id.ts";
import { findIdentityOfContact, findSurvivor } from "../sql/find-by-id.ts";

export function addIdRoutes(app: FastifyInstance, { db }: { readonly db: Database }): void {
  /** A merge between the two reads moves the answer on to the survivor: the redirect is followed again. */
  async function livingIdentity(identityId: number) {
    for (let at = identityId; ; ) {
      const [row] = await readIdentities(db, [at]);
      const snapshot = row && shapeIdentity(row);
      if (snapshot === undefined || snapshot.mergedInto === null) return snapshot;
      const [survivor] = await findSurvivor(db, at);
      if (survivor === undefined) return undefined;
      at = survivor.identity_id;
    }
  }

  app.get<{ Params: { contactId: string } }>("/v1/contacts/:contactId", async (request, reply) => {
    const [row] = await findIdentityOfContact(db, parseId(request.params.contactId, "contactId"));
    const snapshot = row === undefined ? undefined : await livingIdentity(row.identity_id);
    if (snapshot === undefined) throw new KithError("unknown-contact");
    return sendJson(reply, lookupAnswer(snapshot));
  });

  app.get<{ Params: { identityId: string } }>("/v1/identities/:identityId", async (request, reply) => {
    const identityId = parseId(request.params.identityId, "identityId");
    const snapshot = await livingIdentity(identityId);
    if (snapshot === undefined) throw new KithError("unknown-identity");
    const mergedFrom = snapshot.identityId === identityId ? [] : [identityId];
    return sendJson(reply, lookupAnswer(snapshot, { mergedFrom }));
  });
}
