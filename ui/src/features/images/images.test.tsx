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

test("a template's files are seen before they are written, with the containers that come along", async () => {
  const { user, backend } = show(<ImagesPage />, { at: "/images?tab=template", path: "/images" });
  const containers = await screen.findByRole("textbox", {
    name: "Containers that come with the image",
  });
  await user.type(containers, "agent");
  expect(screen.getByText("Each line is name=image")).toBeInTheDocument();
  await user.type(containers, "=quay.io/lab/agent:2");
  await user.click(await screen.findByRole("button", { name: "Show the files: 2" }));
  expect(screen.getByText(/Image=quay.io\/lab\/agent:2/)).toBeInTheDocument();
  await user.type(screen.getByRole("textbox", { name: "Folder" }), "/home/ada/dpu-os");
  await user.click(screen.getByTestId("write-template"));
  expect(await screen.findByText("Written to /home/ada/dpu-os")).toBeInTheDocument();
  const asked = backend.calls.find((call) => call.command === "write_image_template");
  expect(asked?.args.template).toMatchObject({
    kernel_arguments: ["acpi=force"],
    containers: [{ name: "agent", image: "quay.io/lab/agent:2" }],
  });
});
