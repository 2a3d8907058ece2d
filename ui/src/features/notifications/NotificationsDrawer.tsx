import {
  Button,
  EmptyState,
  EmptyStateBody,
  NotificationDrawer,
  NotificationDrawerBody,
  NotificationDrawerHeader,
  NotificationDrawerList,
  NotificationDrawerListItem,
  NotificationDrawerListItemBody,
  NotificationDrawerListItemHeader,
} from "@patternfly/react-core";
import BellIcon from "@patternfly/react-icons/dist/esm/icons/bell-icon";
import { useNavigate } from "react-router";
import { RelativeTime } from "@/components/RelativeTime";
import type { JobOutcome } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { jobTitle, OUTCOMES } from "@/lib/jobs";
import { useNotifications } from "./useNotifications";

const VARIANTS: Record<JobOutcome, "success" | "danger" | "warning" | "info"> = {
  running: "info",
  succeeded: "success",
  failed: "danger",
  cancelled: "warning",
};

/** The jobs that ended, newest first; each opens its page. */
export function NotificationsDrawer({ onClose }: { onClose: () => void }) {
  const { ended, unread, isNew, readAll } = useNotifications();
  const navigate = useNavigate();
  const open = (id: string) => {
    onClose();
    navigate(`/jobs/${id}`);
  };
  return (
    <NotificationDrawer>
      <NotificationDrawerHeader
        title="Notifications"
        customText={unread.length > 0 ? `${unread.length} new` : "nothing new"}
        onClose={onClose}
      >
        {unread.length > 0 && (
          <Button variant="link" isInline onClick={readAll}>
            Mark all as read
          </Button>
        )}
      </NotificationDrawerHeader>
      <NotificationDrawerBody>
        {ended.length === 0 ? (
          <EmptyState variant="sm" headingLevel="h2" titleText="Nothing yet" icon={BellIcon}>
            <EmptyStateBody>Jobs that end or fail are told here.</EmptyStateBody>
          </EmptyState>
        ) : (
          <NotificationDrawerList aria-label="Jobs that ended">
            {ended.map((job) => (
              <NotificationDrawerListItem
                key={job.id}
                variant={VARIANTS[job.outcome]}
                isRead={!isNew(job)}
                onClick={() => open(job.id)}
              >
                <NotificationDrawerListItemHeader
                  headingLevel="h2"
                  variant={VARIANTS[job.outcome]}
                  title={`${jobTitle(job)}: ${OUTCOMES[job.outcome].word.toLowerCase()}`}
                  srTitle={OUTCOMES[job.outcome].word}
                />
                <NotificationDrawerListItemBody
                  timestamp={<RelativeTime at={job.ended_at ?? job.created_at} />}
                >
                  {job.message ? sentence(job.message) : job.what}
                </NotificationDrawerListItemBody>
              </NotificationDrawerListItem>
            ))}
          </NotificationDrawerList>
        )}
      </NotificationDrawerBody>
    </NotificationDrawer>
  );
}
