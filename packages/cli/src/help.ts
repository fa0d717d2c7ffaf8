/** What `kith help` prints. */
export const HELP = `Usage: kith <command>

Commands:
  migrate        bring the database schema to the newest migration
  topics apply   create the Kafka topics of this deployment; those that exist keep their settings
  help           show this text

Environment:
  migrate        DATABASE_URL, DATABASE_SCHEMA (kith)
  topics apply   KAFKA_BROKERS, KAFKA_SSL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD,
                 TOPIC_PREFIX (empty), ORDER_IDENTITY_RETENTION_MS (30 days), KAFKA_REPLICATION_FACTOR (1)

Both wait up to 60 s for a server that is not there yet, and may be repeated at any time.
Exit codes: 0 done, 1 failed, 64 wrong command line, 69 server not reached in time, 78 wrong environment.`;
