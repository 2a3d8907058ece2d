import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import type { ReactElement } from "react";
import { createMemoryRouter, type RouteObject, RouterProvider } from "react-router";
import { makeQueryClient } from "@/app/queryClient";
import { installMock, type MockOptions } from "@/ipc/mock";

type Options = MockOptions & {
  /** Where the test starts. */
  at?: string;
  /** The pattern of the page; the place itself unless told. */
  path?: string;
};

/** Shows a page over the mock backend; other addresses show their own address. */
export function show(page: ReactElement, { at = "/", path = "*", ...mock }: Options = {}) {
  const backend = installMock(mock);
  const routes: RouteObject[] = [{ path, element: page }];
  if (path !== "*") routes.push({ path: "*", element: <Elsewhere /> });
  const router = createMemoryRouter(routes, { initialEntries: [at] });
  const view = render(
    <QueryClientProvider client={makeQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { ...view, router, backend, user: userEvent.setup() };
}

function Elsewhere() {
  return <p>another page</p>;
}
