import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { IpcError } from "@/ipc/call";
import { ErrorAlert } from "./ErrorAlert";

const error = (code: "precondition" | "unreachable") =>
  new IpcError({
    code,
    message: "the IMC does not answer",
    causes: ["no answer on TCP port 8443"],
    hint: "look at the cable",
    retryable: true,
  });

test("an error says what happened, the evidence and the next action", () => {
  render(<ErrorAlert error={error("unreachable")} title="It was not added" />);
  expect(screen.getByRole("heading", { name: /Danger alert: It was not added/ })).toBeVisible();
  expect(screen.getByText("The IMC does not answer.")).toBeVisible();
  expect(screen.getByRole("listitem")).toHaveTextContent("no answer on TCP port 8443");
  expect(screen.getByText(/Look at the cable\./)).toBeVisible();
});

test("refused is not broken: a warning", () => {
  render(<ErrorAlert error={error("precondition")} title="Not now" />);
  expect(screen.getByRole("heading", { name: /Warning alert: Not now/ })).toBeVisible();
});
