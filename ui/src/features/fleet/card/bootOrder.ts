import type { BootcStatus } from "@/ipc/bindings";

export type Slot = "booted" | "staged" | "rollback";

/**
 * Which entry the next boot takes. A queued rollback wins over what is staged; an image that was
 * only downloaded is not booted.
 */
export function bootsNext(status: BootcStatus): Slot {
  if (status.rollback_queued && status.rollback) return "rollback";
  if (status.staged && !status.staged.download_only) return "staged";
  return "booted";
}
