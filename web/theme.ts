// Light or dark: as the system wishes, until somebody chooses.
import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';

const key = 'tidings-demo.theme';
const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

function chosenTheme(): Theme | null {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : null;
  } catch {
    // Browsers may forbid storing: then it is as the system wishes.
    return null;
  }
}

export function useTheme(): { readonly theme: Theme; choose(theme: Theme): void } {
  const [chosen, setChosen] = useState(chosenTheme);
  useEffect(() => {
    if (chosen !== null) document.documentElement.dataset['theme'] = chosen;
  }, [chosen]);
  return {
    theme: chosen ?? (prefersDark() ? 'dark' : 'light'),
    choose(theme) {
      setChosen(theme);
      try {
        localStorage.setItem(key, theme);
      } catch {
        // It stands until the page is left.
      }
    },
  };
}
