// Whether this node means to serve: said by whoever ends it, asked by /readyz and by the metrics.

export interface Readiness {
  /** It serves what is open, and takes nothing new. */
  readonly isDraining: boolean;
}

export const alwaysServing: Readiness = { isDraining: false };
