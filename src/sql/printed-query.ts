/** A SELECT that a store runs: each `?` in the text stands for one of `params`, in order. */
export interface PrintedQuery {
  text: string;
  params: (string | number | bigint | null)[];
}
