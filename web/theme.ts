// Light or dark: as the system wishes, until somebody chooses.
import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';

const key = 'tidings-demo.theme';
const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

function chosenTheme(): Theme | null {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : null;
}

export function useTheme(): { readonly theme: Theme; choose(theme: Theme): void } {
  const [chosen, setChosen] = useState(chosenTheme);
  useEffect(() => {
    if (chosen !== null) document.documentElement.dataset['theme'] = chosen;
  }, [chosen]);
  return {
    theme: chosen ?? (prefersDark() ? 'dark' : 'light'),
    choose(theme) {
      localStorage.setItem(key, theme);
      setChosen(theme);
    },
  };
}
