/** Where the leaving link leads: what became of the work that was running. */
import type { Metadata } from "next";
import { Aftermath } from "@/client/aftermath";

export const metadata: Metadata = { title: "After leaving. Asupersync" };

export default function AwayPage() {
  return (
    <main>
      <Aftermath />
    </main>
  );
}
