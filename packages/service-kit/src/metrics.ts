/**
 * What a process counts, for Prometheus to fetch. Hot paths add to plain numbers; names, labels and text are made when
 * somebody asks. Label values come from closed sets: codes, routes, partitions, never anything that was sent.
 *
 * The client library does the registry, the text and what there is to know of a Node process. Its own histograms look
 * their labels up at each observation, at half a microsecond each; the ones here are an addition.
 */
import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from "@prometheus-io/client";

/** A number that only grows: add to `n`. */
export type Count = { n: number };

/** How values are spread over buckets. */
export type Distribution = { observe(value: number): void };

/** Labels of one series. */
export type Labels = Readonly<Record<string, string | number>>;

/** The metrics of one process. Each name is made once. */
export type Metrics = {
  /** One counter. Its name ends in `_total`. */
  count(name: string, help: string): Count;
  /** A counter for each value of a label. */
  counts<Value extends string>(
    name: string,
    help: string,
    label: string,
    values: readonly Value[],
  ): Readonly<Record<Value, Count>>;
  /** A number that is read when somebody asks; undefined leaves it out. */
  gauge(name: string, help: string, read: () => number | undefined): void;
  /** As many numbers as there are to read, each with the value of a label. */
  gauges(name: string, help: string, label: string, read: () => Iterable<readonly [string | number, number]>): void;
  /** A distribution over buckets with these upper bounds. */
  distribution(name: string, help: string, bounds: readonly number[]): Distribution;
  /** Distributions of one name; `of` makes the series of some labels, to be held on to. */
  distributions(name: string, help: string, bounds: readonly number[]): { of(labels: Labels): Distribution };
  /** The text of all of them. */
  text(): Promise<string>;
  readonly contentType: string;
};

/** Upper bounds for durations, in seconds: from a millisecond to ten seconds. */
export const SECONDS_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Metrics with those of the process in them: processor, memory, event loop, garbage collection. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  function distributions(name: string, help: string, bounds: readonly number[]) {
    const series: Series[] = [];
    // The registry asks a metric for its values and nothing else.
    const metric = {
      name,
      help,
      type: "histogram",
      get: async () => ({ name, help, type: "histogram", values: valuesOf(series, name) }),
      reset() {},
    };
    registry.registerMetric(metric as unknown as Metric);
    return {
      of(labels: Labels): Distribution {
        const made = createSeries(labels, bounds);
        series.push(made);
        return made;
      },
    };
  }

  return {
    count(name, help) {
      const held: Count = { n: 0 };
      new Counter({
        name,
        help,
        registers: [registry],
        collect() {
          this.reset();
          this.inc(held.n);
        },
      });
      return held;
    },

    counts(name, help, label, values) {
      const held = Object.fromEntries(values.map((value) => [value, { n: 0 }])) as Record<
        (typeof values)[number],
        Count
      >;
      new Counter({
        name,
        help,
        labelNames: [label],
        registers: [registry],
        collect() {
          this.reset();
          for (const value of values) this.inc({ [label]: value }, held[value].n);
        },
      });
      return held;
    },

    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          const value = read();
          if (value === undefined) this.remove();
          else this.set(value);
        },
      });
    },

    gauges(name, help, label, read) {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [registry],
        collect() {
          this.reset();
          for (const [labelValue, value] of read()) this.set({ [label]: labelValue }, value);
        },
      });
    },

    distribution: (name, help, bounds) => distributions(name, help, bounds).of({}),
    distributions,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Series = Distribution & {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** Observations up to each bound and above the one before it; the last is for those above all bounds. */
  readonly buckets: Float64Array;
  sum(): number;
};

function createSeries(labels: Labels, bounds: readonly number[]): Series {
  const buckets = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    labels,
    bounds,
    buckets,
    sum: () => sum,
    observe(value) {
      let at = 0;
      while (at < bounds.length && value > bounds[at]!) at += 1;
      buckets[at]! += 1;
      sum += value;
    },
  };
}

/** The series as Prometheus wants them: each bucket with all that is below it. */
function valuesOf(series: readonly Series[], name: string) {
  return series.flatMap(({ labels, bounds, buckets, sum }) => {
    let count = 0;
    const lines = [];
    for (const [index, inBucket] of buckets.entries()) {
      count += inBucket;
      lines.push({ metricName: `${name}_bucket`, labels: { le: bounds[index] ?? "+Inf", ...labels }, value: count });
    }
    lines.push({ metricName: `${name}_sum`, labels, value: sum() });
    lines.push({ metricName: `${name}_count`, labels, value: count });
    return lines;
  });
}
