import { expect, test } from "vitest";
import { addressProblem, domainProblem, keysProblem, nameProblem, words } from "./fields";

test("addresses are hosts, perhaps with a port", () => {
  for (const fine of ["imc.lab", "10.0.0.1:8443", "[::1]:22", "fe80::1"]) {
    expect(addressProblem(fine), fine).toBeNull();
  }
  for (const wrong of ["", "https://imc", "a b", "imc:", "imc:99999", "a/b"]) {
    expect(addressProblem(wrong), wrong).not.toBeNull();
  }
});

test("names and domains can be host names", () => {
  expect(nameProblem("dpu-07")).toBeNull();
  expect(nameProblem("dpu 07")).not.toBeNull();
  expect(domainProblem("")).toBeNull();
  expect(domainProblem("lab.example")).toBeNull();
  expect(domainProblem(".example")).not.toBeNull();
});

test("keys are public keys, and the line that is none is named", () => {
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIabc ada@desk";
  expect(keysProblem(`${key}\n\n${key}`)).toBeNull();
  expect(keysProblem(`${key}\nhello`)).toMatch(/^Line 2 /);
  expect(keysProblem("-----BEGIN OPENSSH PRIVATE KEY-----")).toMatch(/private key/);
});

test("labels are words", () => {
  expect(words("rack-3, canary  lab")).toEqual(["rack-3", "canary", "lab"]);
});
