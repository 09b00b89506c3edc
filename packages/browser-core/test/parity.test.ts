/** The parity corpus on the kernel that people get who ask for nothing else. */
import { TierCode } from "../src/index.js";
import { testCorpus } from "./parity/corpus.js";

testCorpus(TierCode.coreTrace);
