import { screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { CheckFix } from "@/ipc/bindings";
import { hex } from "@/ipc/mock/images";
import { show } from "../../../test/show";
import { DoctorPanel } from "./DoctorPanel";
import { FixButton } from "./FixButton";

const card = (name: string) => hex(`card ${name}`, 32);

test("nothing is asked before somebody wants it; then each check has its evidence", async () => {
  const { user, backend } = show(<DoctorPanel cards={[card("dpu-01")]} iso={null} />);
  expect(backend.calls.some((call) => call.command === "doctor")).toBe(false);
  await user.click(screen.getByTestId("check-first"));
  expect(await screen.findByText("Nothing stands against it.")).toBeInTheDocument();
  expect(screen.getByText(/18 pass, 8 skipped/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: /26 checks that pass or were skipped/ }));
  expect(screen.getByTestId("check-firmware")).toHaveTextContent("2.0.0 is supported");
  expect(screen.getByTestId("check-iso_file")).toHaveAttribute("data-verdict", "skipped");
});

test("what fails stands first, with its fix and the command that does the same", async () => {
  const { user } = show(<DoctorPanel cards={[card("dpu-05")]} iso={null} />);
  await user.click(screen.getByTestId("check-first"));
  expect(await screen.findByText("A deployment would fail on dpu-05.")).toBeInTheDocument();
  const clock = within(screen.getByTestId("check-imc_clock"));
  expect(clock.getByText(/3 years behind/)).toBeInTheDocument();
  expect(clock.getByText("slipctl bmc prepare dpu-05")).toBeInTheDocument();
  const items = screen.getByRole("list", { name: "What needs somebody on dpu-05" });
  expect(within(items).getAllByRole("listitem")[0]).toHaveAttribute("data-verdict", "fail");
});

test("a host key is accepted after it was compared, and the card is looked at again", async () => {
  const { user, backend } = show(<DoctorPanel cards={[card("dpu-05")]} iso={null} />);
  await user.click(screen.getByTestId("check-first"));
  await user.click(await screen.findByRole("button", { name: "Accept the host key…" }));
  expect(screen.getByRole("dialog")).toHaveTextContent("Compare it with what the machine");
  expect(backend.calls.some((call) => call.command === "accept_pin")).toBe(false);
  await user.click(screen.getByTestId("confirm"));
  await waitFor(() =>
    expect(backend.calls.filter((call) => call.command === "doctor")).toHaveLength(2),
  );
  const accepted = backend.calls.find((call) => call.command === "accept_pin");
  expect(accepted?.args.pin).toMatchObject({ kind: "ssh_host_key" });
});

test("of several cards the failing ones are named, and a running job can be opened", async () => {
  const { user } = show(<DoctorPanel cards={[card("dpu-01"), card("dpu-06")]} iso={null} />);
  await user.click(screen.getByTestId("check-first"));
  expect(await screen.findByText("A deployment would fail on dpu-06.")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Look at the job" })).toBeInTheDocument();
});

test("the IMC is prepared only after a person was told what that does", async () => {
  const { user, backend } = show(<DoctorPanel cards={[card("dpu-05")]} iso={null} />);
  await user.click(screen.getByTestId("check-first"));
  await user.click(await screen.findByRole("button", { name: "Prepare the IMC…" }));
  const dialog = screen.getByRole("dialog");
  expect(dialog).toHaveTextContent("its clock is set if it is off");
  expect(dialog).toHaveTextContent("no configuration, password or certificate, it is given them");
  expect(backend.calls.some((call) => call.command === "prepare_imc")).toBe(false);
  await user.click(screen.getByTestId("confirm"));
  await waitFor(() =>
    expect(backend.calls.filter((call) => call.command === "doctor")).toHaveLength(2),
  );
  expect(backend.calls.some((call) => call.command === "prepare_imc")).toBe(true);
});

test("the reserved-memory file is installed only after a person's word", async () => {
  const done = vi.fn();
  const fix: CheckFix = {
    text: "firmware 1.8 holds an ISO of more than 2 GB only with its reserved-memory file",
    action: { action: "reserved_memory_file" },
    command: "slipctl bmc prepare dpu-05 --reserved-memory",
  };
  const { user, backend } = show(<FixButton fix={fix} dpu={card("dpu-05")} onDone={done} />);
  await user.click(screen.getByRole("button", { name: "Install the reserved-memory file…" }));
  expect(screen.getByRole("dialog")).toHaveTextContent("never tried on a real card");
  expect(backend.calls.some((call) => call.command === "install_reserved_memory")).toBe(false);
  await user.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(done).toHaveBeenCalledOnce());
  expect(backend.calls.some((call) => call.command === "install_reserved_memory")).toBe(true);
});
