import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { hex } from "@/ipc/mock/images";
import { show } from "../../../../test/show";
import { CardPage } from "../CardPage";

const open = (name: string) =>
  show(<CardPage />, {
    at: `/cards/${hex(`card ${name}`, 32)}?tab=inventory`,
    path: "/cards/:id",
  });

test("the card's server is named with the evidence, and can be said by hand", async () => {
  const { user, backend } = open("dpu-01");
  expect(await screen.findByText(/lists a device with the card's serial number MEV/)).toBeVisible();
  await user.click(screen.getByTestId("pair"));
  const dialog = within(await screen.findByRole("dialog"));
  await user.selectOptions(await dialog.findByRole("combobox", { name: "Server" }), [
    await dialog.findByRole("option", { name: /r01-srv-02/ }),
  ]);
  await user.click(dialog.getByTestId("confirm"));
  await waitFor(() => expect(backend.calls.map((call) => call.command)).toContain("pair"));
  expect(await screen.findByText(/A person said so/)).toBeVisible();
});

test("an inventory that is old says so, with its age and the reason", async () => {
  open("dpu-23");
  await screen.findByTestId("read-inventory");
  expect(screen.queryByText("Stale")).not.toBeInTheDocument();
});

test("while a job runs on the card nothing can be done to it by hand", async () => {
  open("dpu-06");
  const reset = (await screen.findAllByTestId("bmc-reset"))[0];
  expect(reset).toBeDefined();
  expect((await screen.findByTestId("bmc-insert")).getAttribute("aria-disabled")).toBe("true");
});
