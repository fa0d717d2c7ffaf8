/** The part of tr46 (UTS #46, domain names to ASCII) that is used here; the library ships no types. */
declare module "tr46" {
  type ProcessingOptions = {
    checkHyphens?: boolean;
    checkBidi?: boolean;
    checkJoiners?: boolean;
    useSTD3ASCIIRules?: boolean;
    transitionalProcessing?: boolean;
    ignoreInvalidPunycode?: boolean;
  };
  const tr46: {
    toASCII(domain: string, options: ProcessingOptions & { verifyDNSLength?: boolean }): string | null;
    toUnicode(domain: string, options: ProcessingOptions): { domain: string; error: boolean };
  };
  export default tr46;
}
