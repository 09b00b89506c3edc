/** The search: a keystroke cancels the one before it, wherever that one is. */
import { useAsupersyncTask } from "@asupersync/react";
import { api } from "@/client/visit";
import type { ChemicalElement } from "@/shared/element";

export function useSearch(query: string) {
  return useAsupersyncTask(
    async (cx) => {
      await cx.sleep(150); // debounce: the next keystroke cancels it here,
      const response = await cx.fetch(api("/api/search", { q: query })); // or here
      return response.json<ChemicalElement[]>();
    },
    [query],
    { enabled: query !== "", label: `search “${query}”` },
  );
}
