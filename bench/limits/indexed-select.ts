/** The limit of a lookup: bare Fastify in front of bare pg, one prepared select by the primary key for each request. */
import Fastify from "fastify";
import pg from "pg";

const POOL_MAX = 8;
const { DATABASE_URL = "", PORT = "" } = process.env;

process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: POOL_MAX, options: "-c search_path=kith" });
const app = Fastify({ logger: false });
app.post<{ Body: { email?: string; phoneNumber?: string } }>("/", async (request) => {
  const { email, phoneNumber } = request.body;
  const { rows } = await pool.query({
    name: "indexed-select",
    text: "select identity_id, first_at from identifier where kind = $1 and value = $2",
    values: email === undefined ? [2, phoneNumber] : [1, email],
  });
  return rows[0] ?? {};
});
app.get("/readyz", async () => ({}));
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
