/** The button that plays the demonstration, and stops it. */
import buttons from "@/client/ui/button.module.css";
import { useIsOpen } from "@/client/use-is-open";

export interface DemonstrationButtonProps {
  readonly isPlaying: boolean;
  onToggle(): void;
}

export function DemonstrationButton({ isPlaying, onToggle }: DemonstrationButtonProps) {
  const isOpen = useIsOpen();
  return (
    <button type="button" className={buttons.plain} disabled={!isOpen} onClick={onToggle}>
      {isPlaying ? "Stop the demonstration" : "Play a demonstration"}
    </button>
  );
}
