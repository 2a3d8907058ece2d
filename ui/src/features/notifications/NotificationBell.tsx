import { NotificationBadge } from "@patternfly/react-core";
import { useEffect } from "react";
import { counted } from "@/lib/format";
import { useNotifications } from "./useNotifications";

type Props = { open: boolean; onToggle: () => void };

/** The bell: how many jobs ended since somebody looked; red where one of them failed. */
export function NotificationBell({ open, onToggle }: Props) {
  const { unread, readAll, started } = useNotifications();
  // The first start of a desk is where "since" begins.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is known
  useEffect(() => {
    if (!started) readAll();
  }, [started]);
  const failed = unread.some((job) => job.outcome === "failed");
  return (
    <NotificationBadge
      variant={failed ? "attention" : unread.length > 0 ? "unread" : "read"}
      count={unread.length}
      isExpanded={open}
      onClick={onToggle}
      aria-label={
        unread.length > 0
          ? `Notifications: ${counted(unread.length, "job")} ended`
          : "Notifications"
      }
      data-testid="notifications"
    />
  );
}
