import { createHashRouter, Navigate, type RouteObject } from "react-router";
import { LabSection } from "@/features/lab/LabSection";
import { TryLab } from "@/features/lab/TryLab";
import { Blank } from "./Blank";
import { Layout } from "./Layout";
import { NotFound, RouteError } from "./RouteError";

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
    HydrateFallback: () => null,
    children: [
      { index: true, element: <Navigate to="/overview" replace /> },
      {
        path: "overview",
        lazy: async () => {
          const { OverviewPage } = await import("@/features/overview/OverviewPage");
          return { element: <OverviewPage tryLab={<TryLab />} /> };
        },
      },
      {
        path: "cards",
        lazy: async () => {
          const { FleetPage } = await import("@/features/fleet/FleetPage");
          return { element: <FleetPage tryLab={<TryLab />} /> };
        },
      },
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

export const makeRouter = () => createHashRouter(routes);
