import { screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { expect, test } from "vitest";
import type { Preferences } from "@/ipc/preferences";
import { show } from "../../../test/show";
import { NotificationBell } from "./NotificationBell";
import { NotificationsDrawer } from "./NotificationsDrawer";

function Both() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <NotificationBell open={open} onToggle={() => setOpen(!open)} />
      {open && <NotificationsDrawer onClose={() => setOpen(false)} />}
    </>
  );
}

const kept = (notifiedUntil: string | null) => ({
  "plugin:store|get": () => [{ notifiedUntil } satisfies Partial<Preferences>, true],
});

test("jobs that ended since the last look are counted, and reading them is remembered", async () => {
  const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const { user, backend } = show(<Both />, { answers: kept(anHourAgo) });
  const bell = await screen.findByRole("button", { name: "Notifications: 1 new" });
  await user.click(bell);
  expect(await screen.findByText("Deployment of dpu-05: failed")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Mark all as read" }));
  expect(await screen.findByRole("button", { name: "Notifications" })).toBeVisible();
  const saved = backend.calls.filter((call) => call.command === "plugin:store|set").at(-1);
  expect(saved?.args.value).toMatchObject({
    notifiedUntil: expect.not.stringContaining(anHourAgo),
  });
});

test("on a desk that has just begun nothing is news, and an entry opens its job", async () => {
  const { user, router } = show(<Both />, { answers: kept(null), path: "/", at: "/" });
  await user.click(await screen.findByRole("button", { name: "Notifications" }));
  await user.click(await screen.findByText("Upgrade of dpu-13: failed"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\//));
});

test("a batch that ended with failures, or stopped, is told with who and why", async () => {
  const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const batch = {
    id: "b".repeat(32),
    name: "Deploy dpu-os-1.2.0.iso to 8 cards",
    state: { name: "ended" },
    counts: {
      cards: 8,
      waiting: 0,
      running: 0,
      succeeded: 6,
      failed: 2,
      cancelled: 0,
      not_started: 0,
    },
    sentence: "Ended: 6 succeeded, 2 failed",
    created_at: anHourAgo,
    ended_at: new Date(Date.now() - 60_000).toISOString(),
  };
  const { user, router } = show(<Both />, {
    answers: { ...kept(anHourAgo), batches: () => [batch], jobs: () => [] },
    path: "/",
    at: "/",
  });
  await user.click(await screen.findByRole("button", { name: "Notifications: 1 new" }));
  expect(await screen.findByText("Ended: 6 succeeded, 2 failed.")).toBeInTheDocument();
  await user.click(screen.getByText("Deploy dpu-os-1.2.0.iso to 8 cards: ended"));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/jobs/batches/${batch.id}`));
});
