# shellcheck shell=bash
# *A* control plane: the one that came with this box where there is none, and whichever is there otherwise. An old one never comes back by
# itself because a registry was away (B-53).

SERVING=''

stage_control_plane() {
  local file
  if has_deployment; then
    say info "there is one: $OUT"
  else
    # The Deployment is the last file: as long as it is not there, everything before it is looked at again.
    for file in "$BAKED"/control-plane/*.json; do
      [[ -f $file ]] || fail boot.files 'the objects of the control plane are missing'
      create_missing "$file"
    done
    say info 'made from what came with this box'
  fi
  if wait_for 120 control_plane_answers; then
    SERVING=yes
  else
    warn boot.control-plane "does not serve yet; $(pod_reasons)"
  fi
}

# Its image is in OUT.
has_deployment() {
  kube get deployment "$NAME" -n "$NAMESPACE" --ignore-not-found -o 'jsonpath={.spec.template.spec.containers[0].image}' ||
    fail boot.platform 'the platform does not say whether there is a control plane'
  [[ -n $OUT ]]
}

# Asked itself: after a cut the platform believes for a while that the pods of before still run.
control_plane_answers() {
  ask 10 k3s kubectl get --raw "/api/v1/namespaces/$NAMESPACE/services/http:$NAME:http/proxy/api/ready"
}

pod_reasons() {
  local path='{range .items[*]}{.metadata.name}{": "}{.status.phase}{range .status.containerStatuses[*]}{" "}{.state.waiting.reason}{.state.terminated.reason}{" restarts "}{.restartCount}{end}{"; "}{end}'
  if kube get pods -n "$NAMESPACE" -l "app.kubernetes.io/name=$NAME" -o "jsonpath=$path" && [[ -n $OUT ]]; then
    printf '%s' "${OUT%; }"
  else
    printf 'no pod'
  fi
}

# The last word, after everything that could help: another way to run may have been found meanwhile.
stage_serving() {
  if [[ -n $SERVING ]] || wait_for 60 control_plane_answers; then return 0; fi
  # What is missing explains more than that nothing answers.
  if [[ -n $IMAGE_TROUBLE ]]; then fail boot.images "$IMAGE_TROUBLE"; fi
  fail boot.control-plane "does not serve; $(pod_reasons)"
}
