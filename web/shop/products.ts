// What the demo shop sells. Looking at a product is being in its room.

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly price: string;
}

export const products: readonly [Product, ...Product[]] = [
  { id: 'headphones', name: 'Headphones', price: '299.99 EUR' },
  { id: 'turntable', name: 'Turntable', price: '449.00 EUR' },
  { id: 'speakers', name: 'Speakers', price: '189.00 EUR' },
];

export const roomOf = ({ id }: Product): string => `public:product-${id}`;
