// Whether this node takes anybody new. Once it is draining that stays so: /readyz says it, and nothing that lasts is begun.
import { TidingsError } from '../errors.ts';

export class Readiness {
  #isDraining = false;

  get isDraining(): boolean {
    return this.#isDraining;
  }

  drain(): void {
    this.#isDraining = true;
  }
}

export const drainingSentence = 'This node is draining.';

/** For whoever wants to begin something here that lasts. */
export const goElsewhere = (): TidingsError =>
  new TidingsError('UNAVAILABLE', `${drainingSentence} Connect again: another one answers.`);
