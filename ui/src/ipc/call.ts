import type { AppError, ErrorCode } from "./bindings";

/** An answer as the bindings give it. */
export type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: AppError };

/** What a command refused or could not do: message, causes, hint. */
export class IpcError extends Error {
  readonly code: ErrorCode;
  readonly causes: string[];
  readonly hint: string | null;
  readonly retryable: boolean;

  constructor(error: AppError) {
    super(error.message);
    this.name = "IpcError";
    this.code = error.code;
    this.causes = error.causes;
    this.hint = error.hint;
    this.retryable = error.retryable;
  }
}

/** The data of an answer, or an `IpcError`. */
export async function call<T>(answer: Promise<Answer<T>>): Promise<T> {
  const result = await answer;
  if (result.status === "error") throw new IpcError(result.error);
  return result.data;
}

/** Any thrown thing as an error that can be shown. */
export function asIpcError(error: unknown): IpcError {
  if (error instanceof IpcError) return error;
  if (isAppError(error)) return new IpcError(error);
  const message = error instanceof Error ? error.message : String(error);
  return new IpcError({ code: "other", message, causes: [], hint: null, retryable: false });
}

const isAppError = (error: unknown): error is AppError =>
  typeof error === "object" && error !== null && "code" in error && "causes" in error;
