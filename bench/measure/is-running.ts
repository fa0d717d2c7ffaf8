/** Tells whether a process lives. Its id may have gone to another one: then what it left is kept until that one ends. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    // It lives and is somebody else's.
    if (error instanceof Error && "code" in error && error.code === "EPERM") return true;
    throw error;
  }
}
