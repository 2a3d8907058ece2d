import { NotificationBadge } from "@patternfly/react-core";
import { useEffect } from "react";
import { useNotifications } from "./useNotifications";

type Props = { open: boolean; onToggle: () => void };

/** The bell: how many jobs and batches ended since somebody looked; red where one failed. */
export function NotificationBell({ open, onToggle }: Props) {
  const { unread, readAll, started } = useNotifications();
  // The first start of a desk is where "since" begins.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is known
  useEffect(() => {
    if (!started) readAll();
  }, [started]);
  const failed = unread.some((notice) => notice.tone === "red");
  return (
    <NotificationBadge
      variant={failed ? "attention" : unread.length > 0 ? "unread" : "read"}
      count={unread.length}
      isExpanded={open}
      onClick={onToggle}
      aria-label={unread.length > 0 ? `Notifications: ${unread.length} new` : "Notifications"}
      data-testid="notifications"
    />
  );
}
