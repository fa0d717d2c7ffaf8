/** What a proxy does to the bytes that pass through it. */

export type Weather =
  | { readonly kind: "clear" }
  | { readonly kind: "delay"; readonly ms: number; readonly jitterMs: number }
  | { readonly kind: "throttle"; readonly bytesPerSecond: number }
  /** Half-open: connections stay, nothing passes, nobody is told of an end; new ones are accepted and hang. */
  | { readonly kind: "blackhole" }
  /** New connections are reset; those that exist stay. */
  | { readonly kind: "refuse" }
  /** Every connection is reset after so many more bytes in either direction. */
  | { readonly kind: "cut-after"; readonly bytes: number };

export const CLEAR: Weather = { kind: "clear" };

/** Milliseconds that a piece of so many bytes is held back. */
export function delayOf(weather: Weather, bytes: number, random: () => number): number {
  switch (weather.kind) {
    case "delay":
      return weather.ms + random() * weather.jitterMs;
    case "throttle":
      return (bytes / weather.bytesPerSecond) * 1_000;
    case "clear":
    case "blackhole":
    case "refuse":
    case "cut-after":
      return 0;
    default:
      return weather satisfies never;
  }
}
