/** Where the repository and its working folder lie. */
import { join, resolve } from "node:path";

/** The root of this clone. */
export const repositoryRoot: string = resolve(import.meta.dirname, "../../..");

/** Everything that the embedded stack keeps: `.kith/` of this clone. Removing it forgets all data. */
export const kithFolder: string = join(repositoryRoot, ".kith");
