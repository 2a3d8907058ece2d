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
import { sentence } from "@/lib/format";
import type { Tone } from "@/lib/states";
import { useNotifications } from "./useNotifications";

const VARIANTS: Record<Tone, "success" | "danger" | "warning" | "info"> = {
  green: "success",
  red: "danger",
  orange: "warning",
  grey: "warning",
  blue: "info",
};

/** The jobs and batches that ended, newest first; each opens its page. */
export function NotificationsDrawer({ onClose }: { onClose: () => void }) {
  const { ended, unread, isNew, readAll } = useNotifications();
  const navigate = useNavigate();
  const open = (to: string) => {
    onClose();
    navigate(to);
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
            <EmptyStateBody>Jobs and batches that end or fail are told here.</EmptyStateBody>
          </EmptyState>
        ) : (
          <NotificationDrawerList aria-label="What ended">
            {ended.map((notice) => (
              <NotificationDrawerListItem
                key={notice.id}
                variant={VARIANTS[notice.tone]}
                isRead={!isNew(notice)}
                onClick={() => open(notice.to)}
              >
                <NotificationDrawerListItemHeader
                  headingLevel="h2"
                  variant={VARIANTS[notice.tone]}
                  title={notice.title}
                  srTitle={notice.word}
                />
                <NotificationDrawerListItemBody timestamp={<RelativeTime at={notice.endedAt} />}>
                  {sentence(notice.text)}
                </NotificationDrawerListItemBody>
              </NotificationDrawerListItem>
            ))}
          </NotificationDrawerList>
        )}
      </NotificationDrawerBody>
    </NotificationDrawer>
  );
}
