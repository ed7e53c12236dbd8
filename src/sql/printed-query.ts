/** A SELECT as a store runs it: `?` in the text stand for `params`, in order. */
export interface PrintedQuery {
  text: string;
  params: (string | number | bigint | null)[];
}
