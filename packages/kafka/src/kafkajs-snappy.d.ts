/** kafkajs-snappy ships no types. */
declare module "kafkajs-snappy" {
  export default function createSnappyCodec(): {
    compress(encoder: { buffer: Buffer }): Promise<Buffer>;
    decompress(packed: Buffer): Promise<Buffer>;
  };
}
