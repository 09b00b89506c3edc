/** The parity corpus on the smallest kernel: the same schedules, certificates and outcomes. */
import { TierCode } from "../src/index.js";
import { coreMin } from "../src/min.js";
import { testCorpus } from "./parity/corpus.js";

testCorpus(TierCode.coreMin, coreMin);
