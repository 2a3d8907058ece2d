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
  const bell = await screen.findByRole("button", { name: "Notifications: 1 job ended" });
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
