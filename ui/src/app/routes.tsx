import type { QueryClient } from "@tanstack/react-query";
import { createHashRouter, Navigate, type RouteObject } from "react-router";
import { FleetPage } from "@/features/fleet/FleetPage";
import { readFilter } from "@/features/fleet/filter";
import { LabSection } from "@/features/lab/LabSection";
import { TryLab } from "@/features/lab/TryLab";
import { aheadOfFleet } from "@/ipc/queries/dpus";
import { Blank } from "./Blank";
import { Layout } from "./Layout";
import { NotFound, RouteError } from "./RouteError";

/** What stands there until the first page's code has come. */
const Nothing = () => null;

/**
 * Every page has an address behind the `#`: the page is served by Tauri's own protocol, and a
 * reload must find it again. Features meet only here.
 */
export const routes: RouteObject[] = [
  { path: "/blank", element: <Blank /> },
  {
    path: "/",
    element: <Layout />,
    errorElement: <RouteError />,
    HydrateFallback: Nothing,
    children: [
      { index: true, element: <Navigate to="/overview" replace /> },
      {
        path: "overview",
        lazy: async () => {
          const { OverviewPage } = await import("@/features/overview/OverviewPage");
          return { element: <OverviewPage tryLab={<TryLab />} /> };
        },
      },
      // The one page that waits for no file of its own: it is the one that people come for.
      { path: "cards", element: <FleetPage tryLab={<TryLab />} /> },
      {
        path: "cards/:id",
        lazy: async () => ({ Component: (await import("@/features/fleet/CardPage")).CardPage }),
      },
      {
        path: "add",
        lazy: async () => ({
          Component: (await import("@/features/add/AddCardsPage")).AddCardsPage,
        }),
      },
      {
        path: "hosts",
        lazy: async () => ({ Component: (await import("@/features/hosts/HostsPage")).HostsPage }),
      },
      {
        path: "hosts/:id",
        lazy: async () => ({ Component: (await import("@/features/hosts/HostPage")).HostPage }),
      },
      {
        path: "images",
        lazy: async () => ({
          Component: (await import("@/features/images/ImagesPage")).ImagesPage,
        }),
      },
      {
        path: "images/build",
        lazy: async () => ({
          Component: (await import("@/features/images/BuildImagePage")).BuildImagePage,
        }),
      },
      {
        path: "isos",
        lazy: async () => ({ Component: (await import("@/features/isos/IsosPage")).IsosPage }),
      },
      {
        path: "isos/build",
        lazy: async () => ({
          Component: (await import("@/features/isos/build/BuildIsoPage")).BuildIsoPage,
        }),
      },
      {
        path: "deploy",
        lazy: async () => ({
          Component: (await import("@/features/deploy/DeployPage")).DeployPage,
        }),
      },
      {
        path: "deploy/file",
        lazy: async () => ({
          Component: (await import("@/features/clusters/ClusterPage")).ClusterPage,
        }),
      },
      {
        path: "jobs",
        lazy: async () => ({ Component: (await import("@/features/jobs/JobsPage")).JobsPage }),
      },
      {
        path: "jobs/:id",
        lazy: async () => ({ Component: (await import("@/features/jobs/JobPage")).JobPage }),
      },
      {
        path: "jobs/batches/:id",
        lazy: async () => ({ Component: (await import("@/features/batches/BatchPage")).BatchPage }),
      },
      { path: "settings", element: <Navigate to="/settings/trust" replace /> },
      {
        path: "settings/:tab",
        lazy: async () => {
          const { SettingsPage } = await import("@/features/settings/SettingsPage");
          return { element: <SettingsPage lab={<LabSection />} /> };
        },
      },
      { path: "*", element: <NotFound /> },
    ],
  },
];

/** What the first page asks for is asked while the page is drawn, and not by it. */
export function makeRouter(client: QueryClient) {
  const router = createHashRouter(routes);
  const { pathname, search } = router.state.location;
  if (pathname === "/cards") aheadOfFleet(client, readFilter(new URLSearchParams(search)));
  return router;
}
