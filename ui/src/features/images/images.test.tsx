import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../test/show";
import { BuildImagePage } from "./BuildImagePage";
import { ImagesPage } from "./ImagesPage";

test("what is missing has its fix beside it", async () => {
  show(<ImagesPage />, { at: "/images?tab=needed", path: "/images" });
  const line = within(await screen.findByTestId("needed-binfmt"));
  expect(line.getByText("Missing")).toBeInTheDocument();
  expect(line.getByText("sudo dnf install qemu-user-static")).toBeInTheDocument();
  expect(line.getByRole("button", { name: /Copy the command for Emulation/ })).toBeInTheDocument();
});

test("a build shows the lint before it starts, and asks for what was typed", async () => {
  const { user, router, backend } = show(<BuildImagePage />, {
    at: "/images/build?folder=/home/ada/dpu-os",
    path: "/images/build",
  });
  const reference = await screen.findByRole("textbox", { name: "Image reference" });
  await user.click(reference);
  await user.paste("quay.io/lab/dpu-os:2");
  await user.click(screen.getByRole("textbox", { name: "Build arguments" }));
  await user.paste("DPU_FLAVOR=ipu");
  await user.click(screen.getByTestId("wizard-next"));
  expect(await screen.findByText(/line 7: the initramfs has no iscsi module/)).toBeInTheDocument();
  await user.click(screen.getByTestId("wizard-build"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\//));
  const asked = backend.calls.find((call) => call.command === "build_image")?.args.request;
  expect(asked).toMatchObject({
    source: {
      from: "folder",
      folder: "/home/ada/dpu-os",
      args: [{ name: "DPU_FLAVOR", value: "ipu" }],
      secrets: [{ id: "redhat-repo", path: "/etc/yum.repos.d/redhat.repo" }],
    },
    reference: "quay.io/lab/dpu-os:2",
    push: false,
  });
});
