import * as K from "/work/main/packages/kafka/src/index.ts";
const k = K.connectKafka({ brokers: ["127.0.0.1:29092"], clientId: "try", onLog: (e) => e.level !== "debug" && console.log(e.level, e.message, JSON.stringify(e.details)) });
const prefix = `t${Date.now()}.`;
const t0 = performance.now();
await Promise.all([K.ensureTopics(k, { prefix }), K.ensureTopics(k, { prefix })]);
console.log("ensure", Math.round(performance.now() - t0));
await K.ensureTopics(k, { prefix });
const topic = `${prefix}order.identity`;
console.log(await K.describeTopic(k, topic), await K.describeTopic(k, "nope"), await K.readClusterId(k));
console.log(await K.readLogBounds(k, topic));
const p = K.createPublisher(k, { deadlineMs: 5000 });
await p.connect();
const N = 50000;
const recs = Array.from({ length: N }, (_, i) => ({ key: `k${i}@example.org`, value: JSON.stringify({ i, pad: "x".repeat(200) }), headers: { ce_id: "abc", ce_type: "order.identity.v1" }, partition: K.partitionOf(`k${i}@example.org`, 6) }));
let t = performance.now();
const places = await p.publish(topic, recs);
console.log("publish/s", Math.round(N / (performance.now() - t) * 1000), places[0], places[N - 1], places.length);
t = performance.now();
for (let i = 0; i < 200; i++) await p.publish(topic, [recs[i]!]);
console.log("single ms", (performance.now() - t) / 200);
const pos = new Map<number, number>();
let got = 0, chunks = 0;
const seen = new Map<string, number>();
t = performance.now();
const done = Promise.withResolvers<void>();
const c = K.consumePartitions(k, { topic, groupId: `${prefix}g`, startOffsets: async (ps) => new Map([...pos].filter(([p]) => ps.includes(p))), onAssigned: (ps) => console.log("assigned", ps),
  onChunk: async (ch) => { if ((pos.get(ch.partition) ?? 0) !== ch.from) console.log("GAP", ch.partition, ch.from); chunks++; got += ch.records.length; pos.set(ch.partition, ch.to); if (got === N + 200) done.resolve(); }, onFatal: (r) => console.log("FATAL", r) });
await c.start();
await done.promise;
console.log("consume/s incl join", Math.round(N / (performance.now() - t) * 1000), { got, chunks }, c.state());
await c.commit(pos);
t = performance.now(); await c.stop(); console.log("stop", performance.now() - t);
for (const compression of ["none","gzip", "snappy", "lz4", "zstd"] as const) {
  const q = K.createPublisher(k, { deadlineMs: 5000, compression });
  console.log(compression, await q.publish(topic, [{ key: "c", value: compression.repeat(1000), partition: 3 }]));
  await q.close();
}
const f = await K.followTopic(k, { topic, fromBeginning: true, onRecord: (r) => { if (r.key?.toString() === "c") console.log(r.offset, r.value!.toString().slice(0, 20), r.value!.length); } });
await p.publish(topic, [{ key: "end", value: "x", partition: 3 }]);
await new Promise((r) => setTimeout(r, 2500));
await f.stop();
try { await p.publish(topic, [{ key: "big", value: "x".repeat(2e6), partition: 1 }]); } catch (e) { console.log(e.message, e.tooLarge); }
console.log(await p.publish(topic, [{ key: "after", value: "x", partition: 1 }]));
try { await p.publish(topic, [{ key: "big", value: "x", partition: 77 }]); } catch (e) { console.log(e.message); }
t = performance.now();
await p.close(); await K.closeKafka(k);
console.log("closed", performance.now() - t);
