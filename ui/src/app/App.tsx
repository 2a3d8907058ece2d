import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { RouterProvider } from "react-router";
import { takeFirstLook } from "@/ipc/firstLook";
import { firstPageShown } from "@/ipc/queries/app";
import { makeQueryClient } from "./queryClient";
import { makeRouter } from "./routes";

export function App() {
  const [client] = useState(() => {
    const client = makeQueryClient();
    takeFirstLook(client, firstPageShown);
    return client;
  });
  const [router] = useState(() => makeRouter(client));
  return (
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
