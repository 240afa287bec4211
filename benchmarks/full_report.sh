#!/usr/bin/env bash
# The reports that stand in docs/results: the paper's tables, figures and studies at the size of two CPU cores.
#
#   benchmarks/full_report.sh [FOLDER [SHARE]]
#
# FOLDER is docs/results by default. SHARE scales every training budget: 1 takes about 40 minutes on two idle
# cores, 0.1 tells sooner whether everything runs. Budgets are wall-clock: let nothing else run meanwhile.
# VISCOUS_FINGERS names a folder with run01 and run02 (one .vti per step); without it two reports are left out.
# LPIPS needs its weights in TORCH_HOME, or downloads them.
set -euo pipefail
cd "$(dirname "$0")/.."
FOLDER=${1:-docs/results}
SHARE=${2:-1}
FINGERS=${VISCOUS_FINGERS:-}
STSR=.venv/bin/stsr
[ -x "$STSR" ] || STSR=stsr
mkdir -p "$FOLDER"

# In minutes a CPU does not train the published networks with the published optimizer: these are smaller, with
# plain latent vectors, and all of them learn as the default field does.
SMALL=(--set 'stsr_inr.widths=[32,64,128]' --set stsr_inr.depth=1 --set stsr_inr.variational=false
  --set stsr_inr.batch_rows=2000 --set coordnet.depth=3 --set coordnet.batch_rows=4000
  --set stnet.width_multiplier=0.125 --set stnet.learning_rate=1e-3 --set stnet.schedule=cosine)
for network in stsr_inr coordnet; do
  SMALL+=(--set $network.optimizer=muon --set $network.learning_rate=1e-3 --set $network.schedule=cosine)
done
INTERPOLATIONS=(tricubic_linear cubic)

minutes() { python3 -c "print(round($1 * $SHARE, 4))"; }
report() { # name, then the words of stsr evaluate
  local name=$1
  shift
  echo "== $name" >&2
  "$STSR" evaluate "$@" --seed 0 --overwrite -o "$FOLDER/$name"
}

report tornado tornado:64x48 --space 2 --time 3 --minutes "$(minutes 2)" --voxels 4e6 --steps-rendered 8 \
  --methods modulated_siren stsr_inr coordnet "${INTERPOLATIONS[@]}" "${SMALL[@]}"
report tornado_4x tornado:64x48 --space 4 --time 3 --minutes "$(minutes 1)" --voxels 3e6 --steps-rendered 8 \
  --size 384 --methods modulated_siren stsr_inr coordnet stnet "${INTERPOLATIONS[@]}" nearest "${SMALL[@]}"
report stsr_inr_studies tornado:32x25 --space 2 --time 3 --minutes "$(minutes 0.6)" --voxels 4e5 --size 384 \
  --methods stsr_inr --study heads depth latent modulator embedding --only-studies "${SMALL[@]}"
report upscaling tornado:48x24 --minutes "$(minutes 0.5)" --size 416 --study upscaling --only-studies \
  --methods modulated_siren stsr_inr "${INTERPOLATIONS[@]}" "${SMALL[@]}"
if [ -d "$FINGERS/run01" ]; then
  report viscous_fingers "$FINGERS/run01/*.vti" "$FINGERS/run02/*.vti" --name run01 --name run02 \
    --space 2 --time 3 --minutes "$(minutes 0.75)" --voxels 3.2e6 --size 384 --study joint --only-studies \
    --methods modulated_siren "${INTERPOLATIONS[@]}"
  report joint_resolutions tornado:48x24 "$FINGERS/run01/*.vti" --name run01 --space 3,2 --time 2,3 \
    --minutes "$(minutes 0.4)" --voxels 1.5e6 --size 384 --study joint --only-studies \
    --methods modulated_siren coordnet "${INTERPOLATIONS[@]}" "${SMALL[@]}"
else
  echo "left out: viscous fingers, not found in $FINGERS" >&2
fi
du -ch "$FOLDER"/*/*.png | tail -1
