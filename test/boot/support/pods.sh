#!/usr/bin/env bash
# Pods without containers: kwok says that they run, and one program answers for all of them. Starts when the platform does.
set -euo pipefail
ip route replace local 198.18.0.0/16 dev lo
"$1" "$2" &
until k3s kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.2; done
k3s kubectl apply -f - <<JSON
{ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "box", "labels": { "kubernetes.io/hostname": "box", "kubernetes.io/os": "linux" } } }
JSON
while :; do
  "$3" --kubeconfig="$APPLIANCE_ROOT/etc/rancher/k3s/k3s.yaml" --config="$4" --manage-all-nodes --cidr=198.18.0.0/24 --node-ip=198.19.255.1 --server-address=127.0.0.1:10247 || true
  sleep 0.5
done
