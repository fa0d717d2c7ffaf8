/** What `kith help` prints. */
export const HELP = `Usage: kith <command>

Commands:
  migrate        bring the database schema to the newest migration
  topics apply   create the Kafka topics of this deployment; those that exist keep their settings
  keys create    make an API key: --scope ingest|import|read|admin (may be repeated), --name TEXT,
                 --expires-in-days N, --orders-per-second N|none, --lookups-per-second N|none
  keys list      show the ids, scopes and names of the API keys
  keys revoke ID take an API key away
  dlq list       show the records that could not be applied, without what they said:
                 --code CODE, --limit N (50), --after PLACE, --json
  dlq show PLACE show one of them whole: personal data. A place is <partition>:<offset>
  dlq redrive    publish them to order.identity once more: PLACE…, or --code CODE, or --all;
                 --repair canonical|JSON|FILE, --again for those that were redriven before
  verify         check the database while everything runs: --resolved compares identity.resolved as well, --json
  rebuild        make the state anew beside the live one and compare: --from log|evidence, --into SCHEMA;
                 --switch puts it in the place of the live one
  help           show this text

Environment:
  migrate        DATABASE_URL, DATABASE_SCHEMA (kith)
  topics apply   KAFKA_BROKERS, KAFKA_SSL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD,
                 TOPIC_PREFIX (empty), ORDER_IDENTITY_RETENTION_MS (30 days), KAFKA_REPLICATION_FACTOR (1)
  keys …         API_KEYS_FILE
  dlq …          as migrate; redrive also KAFKA_…, TOPIC_PREFIX, PHONE_DEFAULT_REGION, PHONE_STRICT, JUNK_FILE
  verify         as migrate; with --resolved also KAFKA_…, TOPIC_PREFIX
  rebuild        as migrate; --from log also KAFKA_…, TOPIC_PREFIX, and BATCH_… of the reconciler

migrate and topics apply wait up to 60 s for a server that is not there yet, and may be repeated at any time.
Exit codes: 0 done, 1 failed, 64 wrong command line, 65 data are not as they must be, 69 server not reached in time,
78 wrong environment.`;
