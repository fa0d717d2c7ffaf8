/**
 * Which methods a path takes, so that a wrong method is told from an unknown path: Fastify answers 404 to both.
 */

/** The routes of an app by path. */
export type RouteTable = {
  add(pattern: string, methods: string | readonly string[]): void;
  /** The methods of the route a path belongs to, sorted; empty if there is none. */
  methodsOf(path: string): readonly string[];
};

type Row = { segments: readonly string[]; methods: Set<string> };

/** An empty table. Patterns are those of Fastify that we use: static segments and `:name`. */
export function createRouteTable(): RouteTable {
  const rows = new Map<string, Row>();
  return {
    add(pattern, methods) {
      const row = rows.get(pattern) ?? { segments: pattern.split("/"), methods: new Set<string>() };
      for (const method of typeof methods === "string" ? [methods] : methods) row.methods.add(method);
      rows.set(pattern, row);
    },

    methodsOf(path) {
      // Like the router, prefer the static route: GET /v1/contacts/lookup is a wrong method, not a contact's id.
      const exact = rows.get(path);
      if (exact) return [...exact.methods].sort();
      const segments = path.split("/");
      const methods = new Set<string>();
      for (const row of rows.values()) {
        if (matches(row.segments, segments)) for (const method of row.methods) methods.add(method);
      }
      return [...methods].sort();
    },
  };
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, index) => (part.startsWith(":") ? segments[index] !== "" : part === segments[index]));
}
