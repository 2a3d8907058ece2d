import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { STATE_ORDER, STATES } from "@/lib/states";
import { HeadlineLabel } from "./HeadlineLabel";

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

test.each(STATE_ORDER)("%s has its word and an icon", (state) => {
  const { container } = render(<HeadlineLabel headline={{ state, reason: "", at: null }} />);
  expect(screen.getByText(STATES[state].word)).toBeInTheDocument();
  expect(container.querySelector("svg")).not.toBeNull();
});

test("the age stands beside it, with the absolute time on hover", () => {
  const at = minutesAgo(7);
  render(<HeadlineLabel headline={{ state: "drifted", reason: "runs another image", at }} />);
  const age = screen.getByText("7 min ago");
  expect(age).toHaveAttribute("datetime", at);
  expect(age.title).toMatch(/\d{4}/);
  expect(screen.getByTitle("runs another image")).toHaveTextContent("Drifted");
});

test("an unreachable card says for how long", () => {
  const headline = { state: "unreachable" as const, reason: "IMC", at: minutesAgo(125) };
  render(<HeadlineLabel headline={headline} />);
  expect(screen.getByText("for 2 h")).toBeInTheDocument();
});

test("a fact without a time of its own is as old as the last look; work is now", () => {
  const seen = minutesAgo(3);
  const { rerender } = render(
    <HeadlineLabel headline={{ state: "failed", reason: "", at: null }} seen={seen} />,
  );
  expect(screen.getByText("3 min ago")).toBeInTheDocument();
  rerender(<HeadlineLabel headline={{ state: "working", reason: "", at: null }} seen={seen} />);
  expect(screen.queryByText("3 min ago")).not.toBeInTheDocument();
});
