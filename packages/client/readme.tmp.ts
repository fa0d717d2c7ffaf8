import { createKithClient, followIdentities } from "./src/index.ts";

const kith = createKithClient({ ingressUrl: "http://127.0.0.1:3000", queryUrl: "http://127.0.0.1:3001" });
const answer = await kith.identify({ email: "mcfly@hillvalley.edu", phoneNumber: "123456" });
if (answer.kind === "resolved") console.log(answer.contact.primaryContactId);

const { table, stop } = await followIdentities({
  kafka: { brokers: ["127.0.0.1:9092"], clientId: "my-service" },
  onEvent: ({ identityId, outcome }) => console.log(identityId, outcome),
});
table.living(3); // the person that identity 3 is, or was merged into
await stop();
