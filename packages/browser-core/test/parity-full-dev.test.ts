/** The parity corpus on the kernel that checks itself: the same fingerprints, and no invariant broken. */
import { fullDev } from "../src/dev.js";
import { TierCode } from "../src/index.js";
import { testCorpus } from "./parity/corpus.js";

testCorpus(TierCode.fullDev, fullDev);
