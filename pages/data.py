"""The page for uploads: upload a file, map its columns, use it as a data set on every page."""

import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.data import upload
from lossopt_ui.identity import workspace
from lossopt_ui.state import pages

navigation.begin(pages.DATA)

with workspace.store_errors_shown():
    file, made = st.columns([3, 2], gap="large")
    with file:
        upload.upload()
    with made:
        upload.saved()
