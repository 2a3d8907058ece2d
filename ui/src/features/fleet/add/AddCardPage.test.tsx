import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../../test/show";
import { AddCardPage } from "./AddCardPage";

const open = () => show(<AddCardPage />, { at: "/add", path: "/add" });

test("both fingerprints must be ticked before a card is added, and no password is kept", async () => {
  const { user, backend } = open();
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "dpu-25");
  await user.type(screen.getByRole("textbox", { name: "Address of the IMC" }), "10.40.7.90");
  await user.click(screen.getByTestId("wizard-next"));
  await user.type(screen.getByLabelText(/^Password(?! on)/), "open sesame");
  await user.click(screen.getByTestId("wizard-next"));
  expect(await screen.findAllByText(/^SHA256:/)).toHaveLength(2);
  const add = screen.getByTestId("wizard-add");
  expect(add).toHaveAttribute("aria-disabled", "true");
  await user.click(screen.getByRole("checkbox", { name: /TLS certificate/ }));
  expect(add).toHaveAttribute("aria-disabled", "true");
  await user.click(screen.getByRole("checkbox", { name: /SSH host key/ }));
  await user.click(screen.getByTestId("wizard-add"));
  expect(await screen.findByText("dpu-25 was added")).toBeInTheDocument();
  const added = backend.calls.find((call) => call.command === "add_dpu");
  expect(added?.args.card).toMatchObject({
    name: "dpu-25",
    password: "open sesame",
    certificate: expect.stringMatching(/^SHA256:/),
  });
  await waitFor(() => expect(sessionStorage.getItem("add-card")).toContain("10.40.7.90"));
  expect(JSON.stringify(sessionStorage)).not.toContain("open sesame");
});

test("a URL is no address", async () => {
  const { user } = open();
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "dpu-25");
  await user.type(screen.getByRole("textbox", { name: "Address of the IMC" }), "https://imc");
  expect(screen.getByText(/not a URL/)).toBeInTheDocument();
  expect(screen.getByTestId("wizard-next")).toHaveAttribute("aria-disabled", "true");
});
