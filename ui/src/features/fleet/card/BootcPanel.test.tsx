import { render, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { HeadlineState } from "@/ipc/bindings";
import { makeDesk } from "@/ipc/mock/desk";
import { dpuView } from "@/ipc/mock/views";
import { BootcPanel } from "./BootcPanel";
import { bootsNext } from "./bootOrder";

const desk = makeDesk();

function viewOf(state: HeadlineState) {
  const card = desk.cards.find((one) => one.state === state);
  if (!card) throw new Error(`no card is ${state}`);
  return dpuView(desk, card);
}

const slot = (name: string) => within(screen.getByTestId(`slot-${name}`));

test("three entries, with what runs and what boots next", () => {
  render(<BootcPanel view={viewOf("staged")} />);
  expect(screen.getByTestId("booted-version")).toHaveTextContent("1.1.0");
  expect(slot("booted").getByText("Runs now")).toBeInTheDocument();
  expect(slot("booted").queryByText("Boots next")).not.toBeInTheDocument();
  expect(slot("staged").getByText("Boots next")).toBeInTheDocument();
  expect(slot("rollback").getByText("1.0.4")).toBeInTheDocument();
});

test("what an upgrade would change: versions and digests", () => {
  render(<BootcPanel view={viewOf("update_available")} />);
  expect(slot("staged").getByText("Nothing waits for a reboot.")).toBeInTheDocument();
  expect(screen.getByText("What Upgrade would change")).toBeInTheDocument();
  expect(screen.getByText("1.2.0")).toBeInTheDocument();
});

test("a current card says that there is nothing to upgrade to", () => {
  render(<BootcPanel view={viewOf("current")} />);
  expect(screen.getByText(/Upgrade would change nothing/)).toBeInTheDocument();
});

test("a card without image mode, and one that never answered, say so", () => {
  const { rerender } = render(<BootcPanel view={viewOf("not_image_mode")} />);
  expect(screen.getByText("Not image mode")).toBeInTheDocument();
  rerender(<BootcPanel view={viewOf("unknown")} />);
  expect(screen.getByText("Not known yet")).toBeInTheDocument();
});

test("a queued rollback wins over what is staged, and a mere download does not boot", () => {
  const bootc = viewOf("staged").bootc;
  if (!bootc?.staged) throw new Error("nothing is staged");
  expect(bootsNext(bootc)).toBe("staged");
  expect(bootsNext({ ...bootc, rollback_queued: true })).toBe("rollback");
  expect(bootsNext({ ...bootc, staged: { ...bootc.staged, download_only: true } })).toBe("booted");
});
