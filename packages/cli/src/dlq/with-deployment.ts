/** A session on the deployment's database, and the topic its dead letters come from. */
import type { Database } from "@kith/database";
import { CliError, EXIT } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { type PostgresConfig, withPostgres } from "../with-postgres.ts";

export type Deployment = {
  /** One connection: session locks hold on it. */
  readonly db: Database;
  /** The topic that the schema is the state of. */
  readonly topicId: string;
};

export async function withDeployment(
  config: PostgresConfig,
  terminal: Terminal,
  work: (deployment: Deployment) => Promise<void>,
): Promise<void> {
  await withPostgres(config, terminal, async (db) => {
    const deployment = await db.selectFrom("deployment").select("topic_id").executeTakeFirst();
    const topicId = deployment?.topic_id;
    if (topicId == null) {
      throw new CliError(EXIT.failed, `no reconciler has ever started on schema ${config.DATABASE_SCHEMA}`);
    }
    await db.connection().execute((session) => work({ db: session, topicId }));
  });
}
