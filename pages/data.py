"""Data of one's own: bring a file, say what its columns mean, train on it on every page."""

import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.data import upload
from lossopt_ui.identity import workspace
from lossopt_ui.state import pages

navigation.begin(pages.DATA)

with workspace.unreadable_said():
    file, made = st.columns([3, 2], gap="large")
    with file:
        upload.bring()
    with made:
        upload.kept()
